package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // the packager
)

// debian builds the package of file as `nfpm package --packager deb` does.
func debian(file, target string) (err error) {
	config, err := nfpm.ParseFile(file)
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	info, err := config.Get("deb")
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	packager, err := nfpm.Get("deb")
	if err != nil {
		return err
	}
	info = nfpm.WithDefaults(info)
	if err := nfpm.Validate(info); err != nil {
		return fmt.Errorf("checking %s: %w", file, err)
	}
	out, err := os.Create(target) //nolint:gosec // named by who runs it
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return packager.Package(info, out)
}
