"""What each Dramatiq process imports: the broker with every actor, made from the environment's settings."""

from __future__ import annotations

from app.kernel.settings import read
from workers import connections, figures, jobs, mail, media, webhooks
from workers.broker import make_broker
from workers.holder import RuntimeHolder

settings = read()
if settings.redis_url is None:
    raise SystemExit("POSTD_REDIS_URL must name a Redis (or Valkey) server.")
holder = RuntimeHolder(settings)
broker = make_broker(settings.redis_url.get_secret_value(), holder)
jobs.declare(broker, holder)
connections.declare(broker, holder)
media.declare(broker, holder)
mail.declare(broker, holder)
webhooks.declare(broker, holder)
figures.declare(broker, holder)
