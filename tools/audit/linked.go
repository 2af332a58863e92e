package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// platforms are those of .goreleaser.yaml: what is linked differs between systems.
var platforms = []string{"linux", "darwin", "windows"}

// pkg is a package as `go list -json` prints it.
type pkg struct {
	ImportPath, Dir string
	Standard        bool
	Module          *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// linked returns the packages of others that are linked into the binary of any
// platform, by import path.
func linked() (map[string]pkg, error) {
	found := map[string]pkg{}
	for _, system := range platforms {
		cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Standard,Module", ".")
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("listing what is linked for %s: %w", system, err)
		}
		for d := json.NewDecoder(bytes.NewReader(out)); ; {
			var p pkg
			if err := d.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("reading what is linked for %s: %w", system, err)
			}
			if !p.Standard && !p.Module.Main {
				found[p.ImportPath] = p
			}
		}
	}
	return found, nil
}
