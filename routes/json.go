package routes

import (
	"encoding/json"

	"github.com/labstack/echo/v4"
)

// plainJSON writes answers without HTML escapes: a message's bytes are shown
// as they are sent, with & and not \u0026. Answers are application/json, which
// no browser takes for a page.
type plainJSON struct{ echo.DefaultJSONSerializer }

// Serialize writes v as the body of c's response.
func (plainJSON) Serialize(c echo.Context, v any, indent string) error {
	enc := json.NewEncoder(c.Response())
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}
