// Command audit says what of others is linked into workbell: under which licences,
// and with which known holes. It runs in the folder of the main module.
//
//	audit licences [NOTICES]    checks licences; writes their texts to NOTICES
//	audit holes [-strict] DB    asks govulncheck; DB is a database for when vuln.go.dev is away
//
// Exit code 1 means that something is wrong; what, is on standard error.
package main

import (
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "licences":
		return licences("")
	case len(args) == 2 && args[0] == "licences":
		return licences(args[1])
	case len(args) == 2 && args[0] == "holes":
		return holes(args[1], false)
	case len(args) == 3 && args[0] == "holes" && args[1] == "-strict":
		return holes(args[2], true)
	}
	return errors.New("write licences [NOTICES] or holes [-strict] DB")
}
