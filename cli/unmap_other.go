//go:build !linux

package cli

func unmapStart() {}
