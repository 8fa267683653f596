# One image for every service and leadctl; the argument says which: `docker run leadstream apps/ingest/dist/main.js`.
# Its files are the same on every architecture: they are built once, on the builder's own.
ARG NODE_IMAGE=node:26.10.0-bookworm-slim
# glibc and libstdc++, and nothing that starts a program: no shell, no package manager.
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12

FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
# The time of the commit: every file of the image has it, so that two builds of one commit give the same layers.
ARG SOURCE_DATE_EPOCH=0
WORKDIR /src
COPY . .
# Without install scripts: the one that does something downloads a second Node.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund
# What the services and leadctl import, followed from their entries; with the licences' texts and a CycloneDX SBOM.
RUN npm run build && node tools/image/assemble.ts /out

FROM ${NODE_IMAGE} AS node

FROM ${BASE_IMAGE} AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=https://example.com/leadstream
LABEL org.opencontainers.image.title=leadstream \
      org.opencontainers.image.description="Automated follow-up of leads that does not break when production does" \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION \
      org.opencontainers.image.source=$SOURCE
COPY --from=node /usr/local/bin/node /usr/local/bin/node
# Node needs libatomic, which the base lacks; its folder is named by the architecture.
COPY --from=node /usr/lib/*-linux-gnu/libatomic.so.1* /usr/lib/
# The heap stays below the container's memory limit: an exception is logged, a kill by the kernel is not.
ENV NODE_ENV=production NODE_OPTIONS=--max-old-space-size-percentage=75
WORKDIR /app
COPY --from=build /out/app/ ./
USER 1000:1000
# PID 1 is node itself: SIGTERM reaches the service, which finishes what is in hand.
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["-e", "console.error('name a service: apps/<app>/dist/main.js'); process.exit(1)"]

# Development only: a mail provider that sends nothing.
FROM runtime AS sandbox-esp
COPY --from=build /out/sandbox/ ./
CMD ["apps/sandbox-esp/dist/main.js"]

# Last, and so the default: what runs in production.
FROM runtime
