package routes

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// live answers as long as the process runs.
func (o Options) live(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// ready says whether webhooks can be taken: the store can be written to, rules
// are loaded, and the bridge is not stopping. DingTalk's state is not asked, or
// pods would leave service exactly when it is away.
func (o Options) ready(c echo.Context) error {
	switch {
	case o.Draining.Load():
		return refuse(http.StatusServiceUnavailable, "stopping")
	case o.Plan.Load() == nil:
		return refuse(http.StatusServiceUnavailable, "no rules are loaded")
	}
	if err := o.Store.Ready(c.Request().Context()); err != nil {
		o.Log.Error("store not ready", "component", "routes", "err", err)
		return refuse(http.StatusServiceUnavailable, "the store cannot be written to; workbell's log says why")
	}
	return c.String(http.StatusOK, "ready\n")
}
