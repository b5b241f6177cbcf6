# What the worker and the demo run in. Nothing here needs BuildKit.
ARG NODE_IMAGE=node:20.19.5-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /authwatch
COPY package.json package-lock.json ./
# The embedded PostgreSQL finds its libraries by itself where install scripts did not run.
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json prisma.config.ts ./
COPY prisma prisma
COPY scripts scripts
COPY src src
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /authwatch
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --omit=optional

# A small CRM of real better-auth servers on an embedded PostgreSQL, broken and watched. Needs the development packages.
FROM ${NODE_IMAGE} AS demo
ENV NODE_ENV=production HOME=/tmp
WORKDIR /authwatch
COPY --from=build /authwatch /authwatch
COPY alerts alerts
COPY assets assets
USER node
EXPOSE 9469
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9469/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli.js", "demo"]

FROM ${NODE_IMAGE} AS worker
ENV NODE_ENV=production HOME=/tmp
WORKDIR /authwatch
COPY --from=dependencies /authwatch/node_modules node_modules
COPY --from=build /authwatch/dist dist
COPY package.json README.md LICENSE ./
COPY prisma/migrations prisma/migrations
COPY alerts alerts
COPY assets assets
USER node
EXPOSE 9469
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9469/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["serve"]
