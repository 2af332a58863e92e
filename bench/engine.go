package main

import (
	"fmt"
	"os"
	"path/filepath"

	"workbell/outbox/pgtest"
)

// engine makes stores to measure on.
type engine struct {
	name   string
	target string                 // at 64 connections
	fresh  func() (string, error) // a new store, as --storage names it
}

// findEngines starts a PostgreSQL, where there is one, and returns what ends it.
func (b *bench) findEngines() (stop func()) {
	b.engines = []engine{{"SQLite", "0.5 of bare, p99 under 15 ms, under 60 MB", func() (string, error) {
		dir, err := os.MkdirTemp(b.dir, "store-")
		return "sqlite:" + filepath.Join(dir, "bench.db"), err
	}}}
	server, err := pgtest.Start()
	if err != nil {
		b.add("PostgreSQL", "", "not measured: %v", err)
		return func() {}
	}
	made := 0
	b.engines = append(b.engines, engine{"PostgreSQL", "0.33 of bare", func() (string, error) {
		made++
		return server.Create(fmt.Sprint("bench", made), "template1")
	}})
	return func() { _ = server.Close() }
}
