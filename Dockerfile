FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements/build.txt requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/build.txt
COPY . .
RUN pip wheel --no-index --no-deps --no-build-isolation --wheel-dir dist .


FROM python:3.13-slim
RUN useradd --uid 10001 --create-home --home-dir /var/lib/protem protem
COPY requirements/runtime.txt /tmp/
RUN pip install --no-cache-dir --require-hashes --requirement /tmp/runtime.txt
RUN --mount=type=bind,from=build,source=/build/dist,target=/dist pip install --no-index --no-deps /dist/*.whl

# SQLite lies in the working directory unless PROTEM_DATABASE_URL says otherwise
WORKDIR /var/lib/protem
USER protem
# A container is reached from elsewhere or not at all. Nothing here can know whether what is in front of it speaks TLS:
# whoever runs it says so with PROTEM_TLS_TERMINATED=true, and `protem serve` refuses to start until then.
ENV PROTEM_HOST=0.0.0.0 PROTEM_PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD python -c "from urllib.request import urlopen; urlopen('http://127.0.0.1:$PROTEM_PORT/healthz', timeout=2)"
ENTRYPOINT ["protem"]
CMD ["serve"]
