// Command audit says what of others is linked into workbell: under which licences,
// and with which known holes. It runs
// anywhere in the main module.
//
//	audit licences [NOTICES]    checks licences; writes their texts to NOTICES
//	audit bill BINARY VERSION TARGET.json    writes what BINARY was built of, for CycloneDX
//	audit holes [-strict] DB    asks govulncheck; DB is a database for when vuln.go.dev is away
//
// Exit code 1 means that something is wrong; what, is on standard error.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	here, err := goToRoot()
	if err != nil {
		return err
	}
	at := func(path string) string { // as whoever wrote it meant it
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(here, path)
	}
	switch {
	case len(args) == 1 && args[0] == "licences":
		return licences("")
	case len(args) == 2 && args[0] == "licences":
		return licences(at(args[1]))
	case len(args) == 4 && args[0] == "bill":
		return bill(at(args[1]), args[2], at(args[3]))
	case len(args) == 2 && args[0] == "holes":
		return holes(at(args[1]), false)
	case len(args) == 3 && args[0] == "holes" && args[1] == "-strict":
		return holes(at(args[2]), true)
	}
	return errors.New("write licences [NOTICES], bill BINARY VERSION TARGET.json or holes [-strict] DB")
}

// goToRoot changes into the main module's folder and returns the one before.
func goToRoot() (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("looking for the main module: %w", err)
	}
	return here, os.Chdir(strings.TrimSpace(string(root)))
}
