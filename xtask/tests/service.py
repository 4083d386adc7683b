#!/usr/bin/env python3
# In place of a service: responds to every GET on both ports, drains on SIGTERM, and fails if BROKEN names it.
import os, signal, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
name = os.path.basename(sys.argv[0])
if os.environ.get("BROKEN") == f"{name} {sys.argv[1]}":
    sys.exit(f"{name}: broken on purpose")
if sys.argv[1] == "provision":
    sys.exit(0)
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(name.encode())
for address in ("LISTEN_ADDR", "OPS_LISTEN_ADDR"):
    host, port = os.environ[address].rsplit(":", 1)
    server = ThreadingHTTPServer((host, int(port)), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
terminated = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: terminated.set())
terminated.wait()
print("drained", flush=True)
