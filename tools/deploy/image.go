package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// image reads a Dockerfile as BuildKit does, with the files of context, and refuses
// an image that would run as root, hold more than it needs, or start by a shell.
func image(file, context string) error {
	text, err := os.Open(file) //nolint:gosec // named by who runs it
	if err != nil {
		return err
	}
	defer func() { _ = text.Close() }()
	tree, err := parser.Parse(text)
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	stages, _, err := instructions.Parse(tree.AST, nil)
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	var faults []error
	names := map[string]bool{}
	for i, s := range stages {
		faults = append(faults, copies(s, names, context)...)
		if i == len(stages)-1 {
			faults = append(faults, final(s)...)
		}
		names[s.Name] = true
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s: %w", file, errors.Join(faults...))
	}
	return nil
}

// copies checks that all that a stage copies is there: in a stage before it, or in
// context. What the platform names is made by goreleaser.
func copies(s instructions.Stage, before map[string]bool, context string) (faults []error) {
	for _, command := range s.Commands {
		c, ok := command.(*instructions.CopyCommand)
		switch {
		case !ok:
		case c.From != "" && !before[c.From]:
			faults = append(faults, fmt.Errorf("it copies from %q, which is no stage before it", c.From))
		case c.From == "":
			for _, source := range c.SourcePaths {
				if _, err := os.Stat(filepath.Join(context, source)); err != nil && !strings.HasPrefix(source, "${TARGETPLATFORM}/") { //nolint:gosec // of our own Dockerfile
					faults = append(faults, fmt.Errorf("it copies %s, which is not there", source))
				}
			}
		}
	}
	return faults
}

// final checks the stage that becomes the image.
func final(s instructions.Stage) (faults []error) {
	user := "root"
	if strings.HasSuffix(s.BaseName, ":nonroot") {
		user = "nonroot"
	}
	started := false
	for _, command := range s.Commands {
		switch c := command.(type) {
		case *instructions.RunCommand:
			faults = append(faults, errors.New("it runs something in the image itself, which needs a shell"))
		case *instructions.UserCommand:
			user = c.User
		case *instructions.EntrypointCommand:
			started = !c.PrependShell
		case *instructions.AddCommand:
			faults = append(faults, errors.New("ADD fetches and unpacks: use COPY"))
		}
	}
	if user == "root" || user == "0" || strings.HasPrefix(user, "0:") {
		faults = append(faults, errors.New("it runs as root"))
	}
	if !started {
		faults = append(faults, errors.New("it has no ENTRYPOINT in the form of a list: a shell would keep signals from workbell"))
	}
	return faults
}
