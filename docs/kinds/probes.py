"""What happens beside the candidate's code: torch, the standard library and ptassess.probing only, and no answer."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from ptassess.probing import call_keeping_inputs, gradient_of, listening_socket

__all__ = ["call_keeping_inputs", "gradient_of", "scale_by", "serve"]


# [class]
def scale_by(solution, factor, x):
    """What an object of their class does, as plain data."""
    module = solution.Scale(factor)
    return {"out": module(x).detach(), "parameters": [name for name, _ in module.named_parameters()]}


# [/class]
# [service]
def serve(solution):
    """Answer on the socket that the judge has bound, in a thread; returns at once."""
    solution.reply_to("/")  # here, so that an untouched starter ends as not attempted

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = solution.reply_to(self.path).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            """Say nothing."""

    server = HTTPServer(("", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening_socket()
    threading.Thread(target=server.serve_forever, daemon=True).start()


# [/service]
