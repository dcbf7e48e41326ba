-- +goose Up
CREATE TABLE record (
    vendor   TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    native   TEXT    NOT NULL,
    gone     BOOLEAN NOT NULL,
    kept     TEXT    NOT NULL, -- JSON: {path: {sent, back, settled}}
    resource TEXT    NOT NULL, -- JSON, or empty: none is remembered
    keys     TEXT    NOT NULL, -- JSON: [[path, value]]
    PRIMARY KEY (vendor, kind, id)
);

CREATE TABLE intent (
    vendor TEXT    NOT NULL,
    kind   TEXT    NOT NULL,
    path   TEXT    NOT NULL,
    value  TEXT    NOT NULL,
    id     TEXT    NOT NULL,
    native TEXT    NOT NULL,
    step   INTEGER NOT NULL,
    saved  TEXT    NOT NULL, -- JSON: {name: value}
    opened BIGINT  NOT NULL, -- seconds of Unix time
    PRIMARY KEY (vendor, kind, path, value)
);
