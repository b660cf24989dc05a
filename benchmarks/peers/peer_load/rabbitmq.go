package main

import (
	"context"
	"errors"
	"net"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

type rabbitSystem struct{}

type rabbitSession struct {
	connection *amqp.Connection
	channel    *amqp.Channel
	o          *options
}

var errRefused = errors.New("the server refused the record")

// The first address only; a server that takes the connection and says nothing has failed after the limit, too.
func (rabbitSystem) open(o *options) (*amqp.Connection, *amqp.Channel, error) {
	limit := min(2*o.attemptLimit, 10*time.Second)
	connection, err := amqp.DialConfig(o.addresses[0], amqp.Config{
		Heartbeat: 30 * time.Second,
		Dial: func(network, address string) (net.Conn, error) {
			dialled, err := net.DialTimeout(network, address, limit)
			if err == nil {
				err = dialled.SetDeadline(time.Now().Add(limit)) // the library clears it after the handshake
			}
			return dialled, err
		},
	})
	if err != nil {
		return nil, nil, err
	}
	channel, err := connection.Channel()
	if err != nil {
		connection.Close()
		return nil, nil, err
	}
	return connection, channel, nil
}

func (s rabbitSystem) connect(o *options) (session, error) {
	connection, channel, err := s.open(o)
	if err != nil {
		return nil, err
	}
	if err := channel.Confirm(false); err != nil {
		connection.Close()
		return nil, err
	}
	return &rabbitSession{connection, channel, o}, nil
}

func (s *rabbitSession) send(records [][]byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.o.attemptLimit)
	defer cancel()
	confirms := make([]*amqp.DeferredConfirmation, 0, len(records))
	for _, record := range records {
		message := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: record}
		confirm, err := s.channel.PublishWithDeferredConfirmWithContext(ctx, "", s.o.topic, false, false, message)
		if err != nil {
			return err
		}
		confirms = append(confirms, confirm)
	}
	for _, confirm := range confirms {
		stored, err := confirm.WaitContext(ctx)
		if err != nil {
			return err
		}
		if !stored {
			return errRefused
		}
	}
	return nil
}

func (s *rabbitSession) close() { s.connection.Close() }

// Deliveries are acknowledged a hundred at a time, or each where few come.
func (s rabbitSystem) consume(o *options, got func([]byte), stop <-chan struct{}) error {
	connection, channel, err := s.open(o)
	if err != nil {
		return err
	}
	defer connection.Close()
	every := uint64(100)
	if o.rate > 0 {
		every = 1
	}
	if err := channel.Qos(2000, 0, false); err != nil {
		return err
	}
	deliveries, err := channel.Consume(o.topic, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for {
		select {
		case <-stop:
			return nil
		case delivery, open := <-deliveries:
			if !open {
				return errors.New("the server closed the channel")
			}
			got(delivery.Body)
			if delivery.DeliveryTag%every == 0 {
				if err := delivery.Ack(true); err != nil {
					return err
				}
			}
		}
	}
}

func (s rabbitSystem) create(o *options) error {
	connection, channel, err := s.open(o)
	if err != nil {
		return err
	}
	defer connection.Close()
	wanted := amqp.Table{"x-queue-type": "quorum", "x-quorum-initial-group-size": 3}
	_, err = channel.QueueDeclare(o.topic, true, false, false, false, wanted)
	return err
}

func (rabbitSystem) leader(*options) (string, error) {
	return "", errors.New("the protocol does not tell: ask rabbitmqctl")
}
