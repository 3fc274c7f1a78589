// /v1 bằng .NET 6 trở lên, không cần gói nào · /v1 with .NET 6 or later, without any package.
// dotnet new console -n thu && cp docs/examples/dotnet/Truc.cs thu/Program.cs && dotnet run --project thu letter.edxml
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

HttpClient sender = Office("SENDER"), receiver = Office("RECEIVER");

// gửi lại thì dùng lại đúng Idempotency-Key này · a repeat bears the same Idempotency-Key
using var letter = File.OpenRead(args[0]);
var sending = new HttpRequestMessage(HttpMethod.Post, "v1/letters") { Content = new StreamContent(letter) };
sending.Content.Headers.ContentType = new MediaTypeHeaderValue("application/xml");
sending.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
using var answer = await Checked(await sender.SendAsync(sending));
var id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("letter_id").GetString();
Console.WriteLine($"đã gửi · sent {id}");

await Arrived(receiver, "document", item => item.GetProperty("letter_id").GetString() == id);
using var fetched = await Checked(await receiver.GetAsync($"v1/mailbox/{id}"));
var received = await fetched.Content.ReadAsByteArrayAsync();
var digest = Convert.ToHexString(SHA256.HashData(received)).ToLowerInvariant();
if (fetched.Headers.ETag?.Tag != $"\"{digest}\"") throw new IOException("hỏng trên đường · damaged on the way");
await File.WriteAllBytesAsync("received.edxml", received); // lưu rồi mới xác nhận · stored before it is acknowledged
await Checked(await receiver.PostAsync($"v1/mailbox/{id}/ack", null));
Console.WriteLine($"đã nhận · received {received.Length} byte");

var status = new { code = "03", description = "Đã vào sổ", staff = "Nguyễn Thị Hoa" };
await Checked(await receiver.PostAsJsonAsync($"v1/letters/{id}/statuses", status));
var told = await Arrived(sender, "status", item => item.GetProperty("status_code").GetString() == "03");
await Checked(await sender.GetAsync($"v1/mailbox/{told}"));
await Checked(await sender.PostAsync($"v1/mailbox/{told}/ack", null));
Console.WriteLine(await sender.GetStringAsync($"v1/letters/{id}"));

static HttpClient Office(string who)
{
    var url = Environment.GetEnvironmentVariable(who + "_URL") + "/";
    var office = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(70) };
    var key = Environment.GetEnvironmentVariable(who + "_KEY");
    office.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    return office;
}

// lỗi là application/problem+json: mã, lý do, việc cần làm · an error tells code, reason and what to do
static async Task<HttpResponseMessage> Checked(HttpResponseMessage answer) => answer.IsSuccessStatusCode
    ? answer
    : throw new HttpRequestException(await answer.Content.ReadAsStringAsync());

static async Task<string?> Arrived(HttpClient office, string kind, Func<JsonElement, bool> isWanted)
{
    long after = 0;
    for (var looks = 0; looks < 10; looks++)
    {
        var page = await office.GetFromJsonAsync<JsonElement>($"v1/mailbox?kind={kind}&after={after}&wait=30");
        foreach (var item in page.GetProperty("items").EnumerateArray())
        {
            if (isWanted(item)) return item.GetProperty("letter_id").GetString();
            after = item.GetProperty("number").GetInt64();
        }
    }
    throw new TimeoutException("chưa đến · it has not come");
}
