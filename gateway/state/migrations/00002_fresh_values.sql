-- +goose Up
ALTER TABLE record ADD COLUMN fresh TEXT NOT NULL DEFAULT ''; -- JSON: {path: value}, or empty: none
