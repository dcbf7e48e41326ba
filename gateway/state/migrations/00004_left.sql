-- +goose Up
ALTER TABLE record ADD COLUMN left_at BIGINT NOT NULL DEFAULT 0; -- of who is deleted and remembered: since when, in seconds of Unix time
