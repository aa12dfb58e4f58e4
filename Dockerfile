# Three stages: one compiles, one installs what the bot runs with and lists it, and the last one holds the result and nothing
# else: no compiler, no sandbox; the example policies only for the doctor, who says where they are still in use. It runs as
# a user without rights, and writes only to /data and, after each change of a release channel, to /config/security: the root
# file system may be read-only (see compose.yml).

FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY commands commands
RUN npm run -s build && rm -r dist/src/sandbox dist/src/bench dist/src/simulator

FROM node:20.20.2-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without the compiler `prepare` cannot run, hence --ignore-scripts; no dependency needs a script of its own. Then out
# go the types and source maps of the packages, and the SQLite of other machines: more than half of it all.
RUN npm ci --omit=dev --ignore-scripts \
  && find node_modules '(' -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' ')' -delete \
  && cd node_modules/@photostructure/sqlite \
  && rm -r src \
  && find prebuilds -mindepth 1 -maxdepth 1 ! -name "linux-$(node -p process.arch)" -exec rm -r '{}' +
# Every package with its version and its hash. By `--omit=dev`, npm would leave out what development needs as well.
RUN npm pkg delete devDependencies \
  && npm install --package-lock-only --ignore-scripts --offline \
  && npm sbom --package-lock-only --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data POLICIES_DIR=/config/policies SECURITY_DIR=/config/security
WORKDIR /app
COPY package.json LICENSE manifest.yml ./
COPY examples/shop/policies examples/shop/policies
COPY --from=dependencies /app/node_modules node_modules
COPY --from=dependencies /app/sbom.cdx.json ./
COPY --from=build /app/dist dist
RUN install -d -o node -g node /data /config/policies /config/security \
  && ln -s /app/dist/src/terminal/lastgood.js /usr/local/bin/lastgood \
  && chmod +x dist/src/terminal/lastgood.js
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/src/main.js"]
