//go:build !linux

package sqlite

import "os"

// flush has the disk hold what has been written to f.
func flush(f *os.File) error { return f.Sync() }
