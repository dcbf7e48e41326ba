package entra

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"testing"
)

func TestNoAnswerCode(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{context.DeadlineExceeded, Timeout},
		{fmt.Errorf("read: %w", os.ErrDeadlineExceeded), Timeout},
		{&url.Error{Op: "Get", URL: "/", Err: os.ErrDeadlineExceeded}, Timeout},
		{context.Canceled, ProtocolError},
		{errors.New("connection refused"), ProtocolError},
	}
	for _, test := range tests {
		if got := noAnswer(test.err); got != test.want {
			t.Errorf("%v: got %s, want %s", test.err, got, test.want)
		}
	}
}
