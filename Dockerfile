# Sluice with its packages; `docker-compose run --rm sluice <task>` runs a task.
FROM denoland/deno:debian-2.9.6

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
