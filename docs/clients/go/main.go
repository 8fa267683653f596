// Publishes two leads, and prints what became of them: go run . <id> <id of a bad one>
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const source = "shop-go"

type outcome struct {
	Submission struct{ Source, ID string }
	Reasons    []struct{ Field, Problem string }
}

func publish(ctx context.Context, js jetstream.JetStream, id, lead string) error {
	message := nats.NewMsg("lead.created")
	message.Data = []byte(lead)
	for name, value := range map[string]string{
		"ce-specversion": "1.0",
		"ce-type":        "lead.created",
		"ce-source":      source,
		"ce-id":          id,
		// One lead's id: within ten minutes the broker stores nothing else under it; later, triage knows a repetition.
		"Nats-Msg-Id": source + "/" + id,
	} {
		message.Header.Set(name, value)
	}
	// An error without the broker's ack: publish it again under the same id.
	ack, err := js.PublishMsg(ctx, message)
	if err == nil {
		fmt.Printf("stored %s in %s\n", id, ack.Stream)
	}
	return err
}

func run(ctx context.Context, good, bad string) error {
	nc, err := nats.Connect(os.Getenv("NATS_URL"))
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	// A durable consumer goes on where it stood.
	outcomes, err := js.CreateOrUpdateConsumer(ctx, "PUBLIC", jetstream.ConsumerConfig{
		Durable:       source,
		FilterSubject: "lead.outcome.*.*",
		AckPolicy:     jetstream.AckExplicitPolicy,
	})
	if err != nil {
		return err
	}
	if err := publish(ctx, js, good, `{"email":"jane.go@example.com","leadData":{"source":"demo_request"}}`); err != nil {
		return err
	}
	if err := publish(ctx, js, bad, `{"email":"jane at home","leadData":{"source":"demo_request"}}`); err != nil {
		return err
	}
	for waiting := map[string]bool{good: true, bad: true}; len(waiting) > 0; {
		message, err := outcomes.Next(jetstream.FetchMaxWait(time.Minute))
		if err != nil {
			return err
		}
		var told outcome
		if err := json.Unmarshal(message.Data(), &told); err != nil {
			return err
		}
		if id := told.Submission.ID; told.Submission.Source == source && waiting[id] {
			fmt.Print(message.Headers().Get("ce-type"), " ", id)
			for _, reason := range told.Reasons {
				fmt.Print(" ", reason.Field)
			}
			fmt.Println()
			delete(waiting, id)
		}
		if err := message.Ack(); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}
