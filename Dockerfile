# imgscan as an image: one static binary, nothing else, no root.
#   docker build -t imgscan . && docker run --rm imgscan scan registry.example/shop/app:1
FROM rust:1.95-alpine AS build
# zstd and ring bring C and assembly.
RUN apk add --no-cache build-base ca-certificates
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package imgscan \
 && install -D target/release/imgscan /out/usr/bin/imgscan

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/ /
USER 65532:65532
ENV HOME=/tmp
ENTRYPOINT ["/usr/bin/imgscan"]
