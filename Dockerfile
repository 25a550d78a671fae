# Sluice with its packages; `docker-compose run --rm sluice <task>` runs a task.
FROM denoland/deno:debian-2.9.6 AS sluice

RUN mkdir -p /app /data && chown deno:deno /app /data
USER deno
WORKDIR /app

# Packages first: they change less often than scripts and SQL.
COPY --chown=deno:deno deno.json deno.lock ./
RUN deno install --frozen
COPY --chown=deno:deno . .

ENV SLUICE_HOME=/data \
    STORE_URL=file:/data/store \
    SQLITE_PATH=/data/warehouse.db
VOLUME /data
ENTRYPOINT ["deno", "task"]

# The same with a clock: `docker-compose up -d cron` runs what is in crontab.
FROM sluice AS cron

USER root
RUN apt-get update \
    && apt-get install -y --no-install-recommends cron \
    && rm -rf /var/lib/apt/lists/* \
    && crontab -u deno /app/crontab

# cron gives its jobs an empty environment; tasks read their settings from .env.
ENTRYPOINT ["sh", "-c", "set -e; umask 077; \
    env | grep -E '^(AWS_|SLUICE_)|_(URL|PATH)=' > /app/.env; \
    touch /data/cron.log; \
    chown deno:deno /app/.env /data /data/cron.log; \
    tail -n 0 -F /data/cron.log & exec cron -f"]
