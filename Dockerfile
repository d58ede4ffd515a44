# Foyer in a container: the bot alone, without the sandbox tenant, chat windows, tests and tools.
# Settings come from the environment: `python app.py --help`, and the table in README.md.
FROM python:3.12.12-slim-bookworm AS installed
COPY requirements.txt .
RUN python -m venv --without-pip /venv \
 && pip --python /venv install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.12.12-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home foyer && install -d -o foyer /data
WORKDIR /foyer
COPY --from=installed /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 FOYER_DATA=/data FOYER_PORT=3978
COPY app.py LICENSE ./
COPY bot bot
# The account it runs as cannot write beside the sources: without this every start would compile them anew.
RUN python -m compileall -q --invalidation-mode unchecked-hash bot
USER foyer
VOLUME /data
EXPOSE 3978
# Alive, not ready: a process that waits for its store is not helped by being started again.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-c", "import http.client as h, os; c = h.HTTPConnection('127.0.0.1', int(os.environ['FOYER_PORT']), timeout=4); c.request('GET', '/healthz'); exit(c.getresponse().status != 200)"]
ENTRYPOINT ["python", "app.py"]
