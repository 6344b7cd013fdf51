"""What the end-to-end tests share: folders of their own, and what is asked of a command that succeeds or fails."""
import os
import pathlib
import pty
import shutil
import subprocess
import tempfile
import unittest


class CommandTest(unittest.TestCase):
    """A folder of its own for each test, `self.folder`, and one for each class, `self.shared`, that `prepare` fills."""

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="diecast-cli-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        cls.prepare()

    @classmethod
    def prepare(cls):
        pass

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="diecast-cli-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    @staticmethod
    def run_command(*args, **options):
        """Runs the binary; each test file says how."""
        raise NotImplementedError

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def succeeds(self, *args, **options):
        done = self.run_command(*args, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def fails(self, code, *args, says=(), after_progress=False, **options):
        """The command ends with `code` and one line on stderr, or at its end, in which everything of `says` occurs."""
        done = self.run_command(*args, **options)
        stderr = done.stderr if isinstance(done.stderr, str) else done.stderr.decode()
        self.assertEqual(done.returncode, code, stderr)
        error = stderr.splitlines(keepends=True)[-1] if after_progress else stderr
        self.assertRegex(error, r"\Aerror: [^\n]+\n\Z")
        for text in says:
            self.assertIn(str(text), error)
        return done

    def stderr_on_a_terminal(self, *command):
        """What a command that succeeds writes to a terminal."""
        terminal, end = pty.openpty()
        with subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL, stderr=end,
                              env={**os.environ, "TERM": "xterm"}) as process:
            os.close(end)
            text = b""
            try:
                while chunk := os.read(terminal, 4096):
                    text += chunk
            except OSError:  # the other end is closed
                pass
        os.close(terminal)
        self.assertEqual(process.returncode, 0)
        return text.decode()
