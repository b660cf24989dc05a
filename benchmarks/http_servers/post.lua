-- 1 KiB in, a small JSON answer out: the shape of a produce request.
wrk.method = "POST"
wrk.body = string.rep("x", 1024)
wrk.headers["Content-Type"] = "application/json"
