package routes

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// problem is an error's answer (RFC 9457, application/problem+json).
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"` // what was wrong and what to do
}

func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Title, p.Detail) }

func refuse(status int, format string, args ...any) *problem {
	return &problem{Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// Detail says in words why a request was refused; false where err is no
// refusal but a fault, which the log tells of.
func Detail(err error) (string, bool) {
	var p *problem
	if errors.As(err, &p) {
		return p.Detail, true
	}
	return "", false
}

// retryAfter is what a 503 asks the sender to wait, in seconds.
const retryAfter = "5"

// instead says what could have been meant by a request that no route takes.
func instead(status int, c echo.Context) string {
	if allowed := c.Response().Header().Get(echo.HeaderAllow); status == http.StatusMethodNotAllowed && allowed != "" {
		return "this path takes " + strings.TrimPrefix(allowed, "OPTIONS, ")
	}
	return "hooks are POST /hooks/NAME on --web.listen-address, console and API on --admin.listen-address"
}

// fail answers every error as a problem. What is not one (echo's own 404 and
// 405) becomes one.
func (o Options) fail(err error, c echo.Context) {
	var p *problem
	var he *echo.HTTPError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &he):
		p = refuse(he.Code, "%s %s is not one of workbell's; %s", c.Request().Method, c.Request().URL.Path, instead(he.Code, c))
	default:
		p = refuse(http.StatusInternalServerError, "this is a fault of workbell's; its log says more")
		o.Log.Error("request failed", "component", "routes", "path", c.Path(), "err", err)
	}
	if c.Response().Committed {
		return
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "application/problem+json")
	switch p.Status {
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", retryAfter)
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer, Basic realm="workbell"`)
	}
	if err := c.JSON(p.Status, p); err != nil {
		o.Log.Debug("answer not written", "component", "routes", "err", err)
	}
}
