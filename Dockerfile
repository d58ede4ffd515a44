# Foyer in a container: the bot alone, without the sandbox tenant, chat windows, tests and tools.
# Settings come from the environment: `python app.py --help`, and the table in README.md.
FROM python:3.12.12-slim-bookworm AS installed
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.12.12-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home foyer && install -d -o foyer /data
WORKDIR /foyer
COPY --from=installed /venv /venv
COPY app.py LICENSE ./
COPY bot bot
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 FOYER_DATA=/data FOYER_PORT=3978
USER foyer
VOLUME /data
EXPOSE 3978
# Alive, not ready: a process that waits for its store is not helped by being started again.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['FOYER_PORT'] + '/healthz', timeout=2)"]
ENTRYPOINT ["python", "app.py"]
