FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels seedance-sim
RUN useradd --uid 10001 --create-home simulator
USER 10001
WORKDIR /home/simulator
# The ports of a container are published on purpose, so the control plane answers everybody.
ENV SEEDANCE_SIM_HOST=0.0.0.0 SEEDANCE_SIM_PORT=8000 SEEDANCE_SIM_CONTROL=open
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=2s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/_sim/health', timeout=2)"]
CMD ["seedance-sim", "serve"]
