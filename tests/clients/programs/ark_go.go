// Ark's own client for Go: order, poll, fetch, list, delete, and what it is refused.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/volcengine/volcengine-go-sdk/service/arkruntime"
	"github.com/volcengine/volcengine-go-sdk/service/arkruntime/model"
)

const seedance = "doubao-seedance-2-0-260128"

var ctx = context.Background()

func main() {
	base, key := os.Args[1], os.Args[2]
	client := arkruntime.NewClientWithApiKey(
		key, arkruntime.WithBaseUrl(base+"/ark/api/v3"), arkruntime.WithRetryTimes(0))
	yes, text := true, "A lantern sways in the wind"
	order := model.CreateContentGenerationTaskRequest{
		Model: seedance, Content: []*model.CreateContentGenerationContentItem{
			{Type: model.ContentGenerationContentItemTypeText, Text: &text}},
		ReturnLastFrame: &yes}
	made, err := client.CreateContentGenerationTask(ctx, order)
	good(err)
	task := ended(client, made.ID)
	expect(task.Status, "succeeded")
	expect(task.Model, seedance)
	expect(task.Usage.CompletionTokens > 0 && task.Usage.TotalTokens == task.Usage.CompletionTokens, true)
	expect(task.CreatedAt > 0 && task.UpdatedAt >= task.CreatedAt && task.Seed != nil, true)
	expect(string(fetched(task.Content.VideoURL)[4:8]), "ftyp")
	expect(string(fetched(task.Content.LastFrameURL)[1:4]), "PNG")

	order.ReturnLastFrame = nil
	failing := text + " [[sim: fail]]"
	order.Content[0].Text = &failing
	broken, err := client.CreateContentGenerationTask(ctx, order)
	good(err)
	failed := ended(client, broken.ID)
	expect(failed.Status, "failed")
	expect(failed.Error != nil && failed.Error.Code != "", true)

	size, status := 1, model.StatusFailed
	list, err := client.ListContentGenerationTasks(ctx, model.ListContentGenerationTasksRequest{
		PageSize: &size, Filter: &model.ListContentGenerationTasksFilter{
			Status: &status, TaskIDs: []*string{&made.ID, &broken.ID}}})
	good(err)
	expect(list.Total, int64(1))
	expect(list.Items[0].ID, broken.ID)
	expect(list.Items[0].FailureReason.Code, failed.Error.Code)

	good(client.DeleteContentGenerationTask(ctx, model.DeleteContentGenerationTaskRequest{ID: made.ID}))
	_, err = client.GetContentGenerationTask(ctx, model.GetContentGenerationTaskRequest{ID: made.ID})
	refused(err, 404, "ResourceNotFound")
	order.Model = "doubao-seedance-9"
	_, err = client.CreateContentGenerationTask(ctx, order)
	refused(err, 404, "InvalidEndpointOrModel.NotFound")
	order.Model, order.Content = seedance, nil
	_, err = client.CreateContentGenerationTask(ctx, order)
	refused(err, 400, "MissingParameter")
}

func ended(client *arkruntime.Client, id string) model.GetContentGenerationTaskResponse {
	for {
		task, err := client.GetContentGenerationTask(ctx, model.GetContentGenerationTaskRequest{ID: id})
		good(err)
		if task.Status != model.StatusQueued && task.Status != model.StatusRunning {
			return task
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func fetched(url string) []byte {
	answer, err := http.Get(url)
	good(err)
	defer answer.Body.Close()
	expect(answer.StatusCode, 200)
	data, err := io.ReadAll(answer.Body)
	good(err)
	return data
}

func refused(err error, status int, code string) {
	var told *model.APIError
	if !errors.As(err, &told) {
		fail(fmt.Sprintf("no refusal in Ark's envelope: %v", err))
	}
	expect(told.HTTPStatusCode, status)
	expect(told.Code, code)
	expect(told.RequestId != "" && told.Message != "", true)
}

func expect(found, wanted any) {
	if found != wanted {
		fail(fmt.Sprintf("found %v, wanted %v", found, wanted))
	}
}

func good(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(text string) {
	panic(text)
}
