"""An OpenAI-compatible endpoint over real HTTP that answers what its script says, step by step.

`seen` holds the bytes of every request, exactly as they arrived.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Asked = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """One HTTP answer. `wait_s`: how long the endpoint thinks first; `drop`: it hangs up without a word."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    drop: bool = False


Step = Reply | Callable[[Asked], Reply]


def says(content: str | None, *, finish: str = "stop", refusal: str | None = None, tokens: int = 10) -> Reply:
    """A completion with this text."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    usage = {"prompt_tokens": 100, "completion_tokens": tokens, "total_tokens": 100 + tokens}
    choice = {"index": 0, "finish_reason": finish, "message": message}
    return Reply(
        body={
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": "scripted",
            "choices": [choice],
            "usage": usage,
        }
    )


def answers(value: Any) -> Reply:
    """A completion whose text is this JSON."""
    return says(json.dumps(value))


def fails(status: int, **headers: str) -> Reply:
    """An error in the endpoint's own words, which quote the request as such servers do."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"error": {"message": "no", "type": "error"}}, named)


@dataclass
class ScriptedModel:
    """The endpoint: `script` is used up first, then `default` answers for ever."""

    url: str
    script: list[Step] = field(default_factory=list)
    default: Step = field(default_factory=lambda: answers({}))
    seen: list[bytes] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    most_at_once: int = 0
    _now: int = 0

    @property
    def asked(self) -> list[Asked]:
        """Every request, parsed."""
        return [json.loads(body) for body in self.seen]

    @property
    def ways(self) -> list[str]:
        """How each request asked for JSON."""
        return [asked.get("response_format", {}).get("type", "text") for asked in self.asked]

    def answer(self, body: bytes) -> Reply:
        with self.lock:
            self.seen.append(body)
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            step = self.script.pop(0) if self.script else self.default
        reply = step if isinstance(step, Reply) else step(json.loads(body))
        time.sleep(reply.wait_s)
        with self.lock:
            self._now -= 1
        return reply


@contextmanager
def scripted_model() -> Iterator[ScriptedModel]:
    """A running endpoint on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            reply = model.answer(self.rfile.read(int(self.headers["content-length"])))
            if reply.drop:
                self.close_connection = True
                return
            body = json.dumps(reply.body).encode()
            try:
                self.send_response(reply.status)
                headers = {"content-type": "application/json", "content-length": str(len(body)), **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # whoever asked has given up

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    model = ScriptedModel(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
