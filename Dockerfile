# docker build -t scimshim .
# docker run -p 8080:8080 -v scimshim-state:/state -v ./vendors:/vendors:ro \
#   -e SCIM_TOKEN -e UNLEASH_URL -e UNLEASH_TOKEN scimshim run /vendors/unleash.yaml

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/scimshim ./cmd/scimshim
# A volume takes over the owner of the directory that it is first mounted on.
RUN mkdir /out/state

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/scimshim /scimshim
COPY --from=build --chown=65532:65532 /out/state /state
COPY --from=build /src/LICENSE /LICENSE
ENV SCIMSHIM_STATE=/state/scimshim.db SCIMSHIM_LISTEN=:8080
USER 65532:65532
VOLUME /state
EXPOSE 8080
ENTRYPOINT ["/scimshim"]
