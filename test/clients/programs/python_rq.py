"""rq: 300 jobs, some of which fail and are tried again, through a worker. Argument: the port."""
import sys

import redis
import rq
from rq import Queue, Retry, SimpleWorker
from rq.job import Job

connection = redis.Redis(port=int(sys.argv[1]))
connection.flushall()


def work(n):
    if n % 10 == 0 and connection.incr(f"tried:{n}") < 3:
        raise ValueError("not yet")
    connection.incrby("sum", n)
    return n * 2


if __name__ == "__main__":
    import python_rq as module  # the worker finds the function by its module's name

    queue = Queue(connection=connection)
    jobs = [queue.enqueue(module.work, n, retry=Retry(max=3)) for n in range(1, 301)]
    last = queue.enqueue(module.work, 0, depends_on=jobs[-1], retry=Retry(max=3))
    SimpleWorker([queue], connection=connection).work(burst=True, logging_level="CRITICAL")
    assert connection.get("sum") == b"45150", connection.get("sum")
    assert Job.fetch(jobs[6].id, connection=connection).result == 14
    assert Job.fetch(last.id, connection=connection).get_status() == "finished"
    assert queue.failed_job_registry.count == 0
    print(rq.VERSION)
