package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// reply is an answer of the legacy API. HTTP's status is 200 even for errors.
type reply struct {
	Code      any    `json:"errcode"` // an int; a string with the fault StringCode
	SubCode   string `json:"sub_code,omitempty"`
	SubMsg    string `json:"sub_msg,omitempty"`
	Message   string `json:"errmsg,omitempty"`
	RequestID string `json:"request_id,omitempty"`

	Token     string         `json:"access_token,omitempty"`
	ExpiresIn int64          `json:"expires_in,omitempty"`
	TaskID    int64          `json:"task_id,omitempty"`
	Progress  *taskProgress  `json:"progress,omitempty"`
	Result    map[string]any `json:"send_result,omitempty"`
	Found     any            `json:"result,omitempty"`
	MediaID   string         `json:"media_id,omitempty"`
	CreatedAt int64          `json:"created_at,omitempty"` // ms
	Type      string         `json:"type,omitempty"`
}

func accepted() *reply { return &reply{Code: 0, Message: "ok"} }

// refuse is a business error: the code at the top.
func refuse(code int, message string) *reply { return &reply{Code: code, Message: message} }

// gateway is an error of authentication, permission or throttling: 88, with the
// real code in sub_code.
func gateway(sub, message string) *reply {
	return &reply{Code: 88, SubCode: sub, SubMsg: message, Message: "ding talk error[subcode=" + sub + ",submsg=" + message + "]"}
}

// missing and invalid are the gateway's errors for arguments.
func missing(name string) *reply { return refuse(40, "Missing required arguments:"+name) }
func invalid(name string) *reply { return refuse(41, "Invalid arguments:"+name) }

// noSuchAPI is the answer to an unknown path.
func noSuchAPI(path string) *reply {
	rest, topapi := strings.CutPrefix(path, "/topapi/")
	if !topapi {
		return refuse(404, "请求的URI地址不存在")
	}
	said := "不合法ApiName，ApiName = dingtalk.oapi." + strings.ReplaceAll(rest, "/", ".")
	return &reply{Code: 22, SubMsg: said, Message: "Invalid method[submsg=" + said + "]"}
}

// code is the errcode, with the sub_code where there is one.
func (r *reply) code() string {
	if r.SubCode == "" {
		return fmt.Sprint(r.Code)
	}
	return fmt.Sprint(r.Code, "/", r.SubCode)
}

func (r *reply) write(w http.ResponseWriter, contentType string) {
	body, err := json.Marshal(r) // #nosec G117 -- tokens are what it gives
	if err != nil {
		panic("sandbox: a reply does not encode: " + err.Error())
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body)
}
