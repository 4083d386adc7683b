# syntax=docker/dockerfile:1
# The image of one service: docker build --build-arg SERVICE=posts --tag inkstream-posts:0.1.0 .
#
# A static program in an image with certificates and time zones alone, for a user without privileges. Everything before
# `SERVICE` is built once for all services.
ARG RUST_VERSION=1.95
ARG NODE_VERSION=22

FROM rust:${RUST_VERSION}-bookworm AS chef
RUN cargo install cargo-chef --locked
WORKDIR /src

FROM chef AS plan
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS build
ENV RUSTFLAGS="-C target-feature=+crt-static"
COPY --from=plan /src/recipe.json recipe.json
# With a target the flags do not apply to build scripts and procedural macros, which cannot be static.
RUN rustc -vV | sed -n 's/^host: //p' > /target \
    && cargo chef cook --locked --profile dist --target "$(cat /target)" --recipe-path recipe.json
COPY . .
ARG SERVICE
RUN cargo build --locked --profile dist --target "$(cat /target)" --package "$SERVICE" --bin "$SERVICE" \
    && install -D "target/$(cat /target)/dist/$SERVICE" /out/service

# The scripts, styles and fonts of the pages; an empty folder for the other services.
FROM node:${NODE_VERSION}-bookworm-slim AS assets
WORKDIR /ui
COPY web/ui/package.json web/ui/package-lock.json ./
ARG SERVICE
RUN if [ "$SERVICE" = web ]; then npm ci --no-audit --no-fund; fi
COPY web/ui .
RUN mkdir /assets && if [ "$SERVICE" = web ]; then npm run build && cp -r dist/. /assets; fi

FROM gcr.io/distroless/static-debian12:nonroot
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="inkstream-${SERVICE}" \
      org.opencontainers.image.description="The service ${SERVICE} of Inkstream, an event-driven blog platform" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=assets --chown=root:root /assets /assets
COPY --from=build --chown=root:root /out/service /service
USER 65532:65532
EXPOSE 3000 9090
ENTRYPOINT ["/service"]
