"""When work happens: the broker, the queues, the scheduler, and one file an actor family."""
