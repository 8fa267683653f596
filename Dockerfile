# One image for every service; the argument says which: `docker run leadstream apps/ingest/dist/main.js`.
FROM node:26.10.0-slim AS build
WORKDIR /app
COPY . .
# Without install scripts: the one that does something downloads a second Node.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts && npm run build
# What only a laptop or the build needs counts as a dependency too, so that `npm start` works after any `npm ci`.
RUN --mount=type=cache,target=/root/.npm npm pkg delete dependencies.node dependencies.nx 'dependencies.@swc/core' dependencies.mongodb-memory-server-core optionalDependencies \
    dependencies.esbuild dependencies.react dependencies.react-dom 'dependencies.@tanstack/react-query' dependencies.wouter \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf apps/*/src libs/*/src apps/*/web node_modules/@leadstream/sandbox-esp \
 && mv apps/sandbox-esp /sandbox-esp

FROM node:26.10.0-slim AS runtime
# The heap stays below the container's memory limit: an exception is logged, a kill by the kernel is not.
ENV NODE_ENV=production NODE_OPTIONS=--max-old-space-size-percentage=75
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/libs ./libs
COPY --from=build /app/apps ./apps
COPY sequences ./sequences
COPY intake ./intake
USER 1000:1000
# PID 1 is node itself: SIGTERM reaches the service, which finishes what is in hand.
ENTRYPOINT ["node"]
CMD ["-e", "console.error('name a service: apps/<app>/dist/main.js'); process.exit(1)"]

# Development only: a mail provider that sends nothing.
FROM runtime AS sandbox-esp
COPY --from=build /sandbox-esp ./apps/sandbox-esp
CMD ["apps/sandbox-esp/dist/main.js"]

# Last, and so the default: what runs in production.
FROM runtime
