"""celery: 200 tasks with retries, a delay, a chain and a chord, broker and results in Redis. Argument: the port."""
import os
import subprocess
import sys

import celery
import redis
from celery import Celery, chain, chord

if __name__ == "__main__":
    os.environ["EXERCISE_PORT"] = sys.argv[1]
port = int(os.environ["EXERCISE_PORT"])  # the worker's process has no arguments of ours
url = f"redis://127.0.0.1:{port}"
connection = redis.Redis(port=port)
app = Celery("exercise", broker=f"{url}/0", backend=f"{url}/1")
app.conf.update(task_default_retry_delay=0, worker_hijack_root_logger=False, broker_connection_retry_on_startup=True)


@app.task(bind=True, max_retries=3, name="double")
def double(self, n):
    if n % 10 == 0 and connection.incr(f"tried:{n}") < 3:
        raise self.retry(countdown=0)
    return n * 2


@app.task(name="total")
def total(numbers):
    return sum(numbers)


def exercise():
    results = [double.delay(n) for n in range(200)]
    late = double.apply_async((7,), countdown=1)
    assert [r.get(timeout=60) for r in results] == [n * 2 for n in range(200)]
    assert chain(double.s(1), double.s(), double.s()).delay().get(timeout=60) == 8
    assert chord([double.s(n) for n in range(1, 10)], total.s()).delay().get(timeout=60) == 90
    assert late.get(timeout=60) == 14
    assert connection.llen("celery") == 0


if __name__ == "__main__":
    connection.flushall()
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "python_celery", "worker", "--pool=solo", "--loglevel=CRITICAL"]
    worker = subprocess.Popen(command, cwd=os.path.dirname(os.path.abspath(__file__)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        exercise()
    finally:
        worker.terminate()
        worker.wait(30)
    print(celery.__version__)
