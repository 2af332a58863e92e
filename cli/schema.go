package cli

import (
	"fmt"
	"io/fs"
)

type schemaCmd struct{}

// Run prints the JSON Schema of rules.yaml, for editors.
func (schemaCmd) Run(env Env) error {
	text, err := fs.ReadFile(env.Embedded, "docs/rules.schema.json")
	if err != nil {
		return fmt.Errorf("reading the embedded schema: %w", err)
	}
	_, err = env.Stdout.Write(text)
	return err
}
