package phone

import "encoding/json"

// WithBar returns msg as employees see it once its status bar has been turned:
// with value in color (0xAARRGGBB; empty: the documents' default). What is no OA
// message is returned as it is.
func WithBar(msg []byte, value, color string) []byte {
	var m struct {
		Msgtype string                     `json:"msgtype"`
		OA      map[string]json.RawMessage `json:"oa"`
	}
	if err := json.Unmarshal(msg, &m); err != nil || m.OA == nil {
		return msg
	}
	bar, err := json.Marshal(map[string]string{"status_value": value, "status_bg": color})
	if err != nil {
		return msg
	}
	m.OA["status_bar"] = bar
	turned, err := json.Marshal(m)
	if err != nil {
		return msg
	}
	return turned
}
