"""docs/operations/ agrees with the executable."""

import configuration_page


def test_the_configuration_reference_is_in_step_with_the_executable(binary):
    wanted = configuration_page.page(binary)
    assert configuration_page.PAGE.read_text() == wanted, f"run: python3 {configuration_page.__file__} {binary}"
