"""Headless Chromium, which is told what to do over its DevTools protocol."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = "--headless --no-sandbox --disable-gpu --window-size=1400,1000 --remote-debugging-pipe"


class Browser:
    """A tab at `url`. Commands go through one pipe and answers through another, a zero byte after each
    (`--remote-debugging-pipe`: the browser's file descriptors 3 and 4)."""

    def __init__(self, url: str, folder: Path) -> None:
        reads, self._to = os.pipe()
        answers, writes = os.pipe()
        self._process = subprocess.Popen(
            ["bash", "-c", f"exec {CHROMIUM} {OPTIONS} --user-data-dir={folder} 3<&{reads} 4>&{writes}"],
            pass_fds=(reads, writes),
            stderr=subprocess.DEVNULL,
        )
        os.close(reads)
        os.close(writes)
        self._answers = os.fdopen(answers, "rb")
        self._session: dict[str, Any] = {}
        target = self.do("Target.createTarget", url="about:blank")
        self._session = self.do("Target.attachToTarget", **target, flatten=True)
        self.do("Page.navigate", url=url)
        self.wait_for("document.readyState === 'complete'")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        self._answers.close()

    def do(self, method: str, **params: Any) -> dict[str, Any]:
        """One command; what it answers."""
        command = {"id": 1, "method": method, "params": params, **self._session}
        os.write(self._to, json.dumps(command).encode() + b"\0")
        while True:
            answer = json.loads(b"".join(iter(lambda: self._answers.read(1), b"\0")))
            if answer.get("id") == 1:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def run(self, script: str) -> Any:
        """The value of an expression in the page, once it has come true where it is a promise."""
        answer = self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def press(self, label: str) -> None:
        """Presses the button with that label."""
        self.run(f"[...document.querySelectorAll('button b')].find(b => b.textContent === '{label}').click()")

    def wait_for(self, condition: str) -> None:
        """Until a condition in the page is true; what never is, the time limit of tests ends."""
        look = f"const look = () => {{ if ({condition}) done(); else setTimeout(look, 50); }}; look();"
        self.run(f"new Promise(done => {{ {look} }})")
