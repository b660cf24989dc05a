"""Proves that each check finds what it is for: a planted offence in a small tree of its own must be reported."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent


class planted(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.put(".clang-format", (HERE.parents[1] / ".clang-format").read_text())
        self.put("net/README.md", "# net\n")
        self.put("net/stream.h", "#pragma once\n\n#include <boost/asio/ip/tcp.hpp>\n\n#include \"base/bytes.h\"\n")

    def tearDown(self):
        self.folder.cleanup()

    def put(self, name, content):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def check(self, name):
        run = subprocess.run([sys.executable, str(HERE / name), str(self.root)], capture_output=True, text=True)
        return run.returncode, run.stdout

    def assert_found(self, check, expected):
        code, output = self.check(check)
        self.assertEqual(code, 1, output)
        self.assertIn(expected, output)

    def test_a_clean_tree_passes_every_check(self):
        for check in ("check_arrows.py", "check_clashes.py", "check_formatting.py", "check_sizes.py", "check_words.py"):
            code, output = self.check(check)
            self.assertEqual(code, 0, f"{check}: {output}")

    def test_an_include_against_the_arrows_is_found(self):
        self.put("raft/core/node.h", '#pragma once\n#include "net/stream.h"\n')
        self.assert_found("check_arrows.py", "raft/core/node.h:2: raft/core must not include net")

    def test_an_include_of_a_neighbour_is_found(self):
        self.put("kafka/a.cpp", '#include "db/store.h"\n')
        self.assert_found("check_arrows.py", "kafka must not include db")

    def test_an_include_that_does_not_begin_at_the_root_is_found(self):
        self.put("net/a.cpp", '#include "stream.h"\n')
        self.assert_found("check_arrows.py", "no path from the root")

    def test_a_link_against_the_arrows_is_found(self):
        self.put("booking_app/CMakeLists.txt", "marquee_library(marquee_booking_app\n  LINK marquee_broker)\n")
        self.assert_found("check_arrows.py", "booking_app/CMakeLists.txt:2: booking_app must not link broker")

    def test_names_that_meet_when_files_are_compiled_together_are_found(self):
        self.put("net/CMakeLists.txt", "marquee_library(marquee_net)\nmarquee_compile_together(marquee_net)\n")
        self.put("net/a.cpp", "namespace {\n\nint size_of(int a) {\n  return a;\n}\n\n}  // namespace\n")
        self.put("net/b.cpp", "constexpr int size_of = 1;\n")
        self.assert_found("check_clashes.py", "net/CMakeLists.txt: size_of is in a.cpp and b.cpp")
        self.put("net/CMakeLists.txt", "marquee_compile_together(marquee_net ALONE b.cpp)\n")
        self.assertEqual(self.check("check_clashes.py")[0], 0)

    def test_a_badly_formatted_file_is_found(self):
        self.put("net/a.cpp", "int  a( ){return 1;}\n")
        self.assert_found("check_formatting.py", "net/a.cpp")

    def test_long_files_functions_and_lines_are_found(self):
        self.put("net/a.cpp", "// line\n" * 401)
        self.assert_found("check_sizes.py", "net/a.cpp: 401 lines")
        self.put("net/b.cpp", "int f() {\n" + "  g();\n" * 70 + "}\n")
        self.assert_found("check_sizes.py", "net/b.cpp:1: a function of 72 lines")
        self.put("net/README.md", "line\n" * 61)
        self.assert_found("check_sizes.py", "net/README.md: 61 lines")
        self.put("docs/page.md", "x" * 121 + "\n| " + "x" * 121 + " |\n")
        self.assert_found("check_sizes.py", "docs/page.md:1: 121 columns")
        self.assert_found("check_sizes.py", "docs/ has no README.md")

    def test_short_functions_after_declarations_are_not_taken_for_long_ones(self):
        self.put("net/a.h", "int a();\n\nint b();\n\n" + "// why\n" * 80 + "inline int c() {\n  return 1;\n}\n")
        code, output = self.check("check_sizes.py")
        self.assertEqual(code, 0, output)

    def test_words_that_must_not_be_there_are_found(self):
        offences = {
            "net/a.cpp": ("// TO" + "DO later\n", "unfinished work"),
            "tests/unit/a.cpp": ("TEST(a, DISABLED_b) {}\n", "a skipped test"),
            "scripts/run": ("#!/bin/sh\ncd /wo" + "rk/main\n", "a path of one machine"),
            "broker/a.cpp": ("#include <boost/asio/ip/tcp.hpp>\n", "a socket outside net/"),
            "net/b.cpp": ("#include <boost/asio.hpp>\n", "included whole"),
            "tests/unit/b.cpp": ("std::this_thread::sleep_for(1s);\n", "a sleep in a test"),
            "raft/core/a.cpp": ("auto t = std::chrono::steady_clock::now();\n", "in a pure state machine"),
        }
        for name, (content, expected) in offences.items():
            self.put(name, content)
            self.assert_found("check_words.py", f"{name}:{content.count(chr(10))}: ")
            self.assert_found("check_words.py", expected)


if __name__ == "__main__":
    unittest.main()
