# syntax=docker/dockerfile:1

# Every base can be replaced, for a mirror or a pinned digest:
#   docker build --build-arg RUST_IMAGE=registry.example/rust@sha256:… .
ARG RUST_IMAGE=rust:1.95.0-slim-bookworm
ARG NODE_IMAGE=node:22-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian12:nonroot

FROM ${NODE_IMAGE} AS node

# The build tools, at the versions that scripts/tools.sh pins.
FROM ${RUST_IMAGE} AS tools
ENV HEALTHCARE_CACHE=/opt/healthcare \
    PATH=/opt/healthcare/tools/bin:$PATH \
    CARGO_INCREMENTAL=0
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/lib/node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s /usr/local/lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
WORKDIR /src
COPY rust-toolchain.toml ./
COPY scripts/tools.sh scripts/
RUN ["bash", "scripts/tools.sh", "ensure_wasm_target", "ensure_wasm_opt", "ensure_cargo_leptos", "ensure_cargo_chef"]
COPY Cargo.lock ./
RUN ["bash", "scripts/tools.sh", "ensure_wasm_bindgen"]

FROM tools AS plan
COPY . .
RUN cargo chef prepare --recipe-path /recipe.json

# Dependencies first: this layer is built again only when Cargo.toml or Cargo.lock change them.
FROM tools AS build
COPY --from=plan /recipe.json /recipe.json
RUN cargo chef cook --locked --recipe-path /recipe.json --release \
        --package healthcare --bin healthcare --no-default-features --features ssr \
    && cargo chef cook --locked --recipe-path /recipe.json --profile wasm-release \
        --package healthcare --target wasm32-unknown-unknown --target-dir target/front \
        --no-default-features --features hydrate
COPY . .
RUN bash scripts/build.sh \
    && install -D -m 0755 target/release/healthcare /image/usr/local/bin/healthcare \
    && install -d -m 0700 -o 65532 -g 65532 /image/data

# One binary with its assets inside; no shell, no package manager.
FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="healthcare" \
      org.opencontainers.image.description="A clinic in one binary: pages, REST API and probes on JSON files" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /image/ /
USER 65532:65532
ENV ADDR=0.0.0.0:3000 \
    DATA_DIR=/data \
    LOG_FORMAT=json
VOLUME ["/data"]
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=20s --timeout=5s --start-period=15s --retries=3 \
    CMD ["/usr/local/bin/healthcare", "probe"]
ENTRYPOINT ["/usr/local/bin/healthcare"]
CMD ["serve"]
