// VXP không cần SDK, bằng .NET 6 trở lên · VXP without the SDK, with .NET 6 or later.
// dotnet new console -n thu && cp docs/examples/dotnet/Vxp.cs thu/Program.cs && dotnet run --project thu letter.edxml
using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

const string Json = "application/json", FileType = "application/octet-stream";
using var http = new HttpClient();

var letter = await File.ReadAllBytesAsync(args[0]);
var sent = await Call("SENDER", "sendEdoc", FileType, letter, new()
{
    ["from"] = Env("SENDER_CODE"),
    ["servicetype"] = "eDoc",
    ["messagetype"] = "edoc",
    ["hash-file"] = Hex(SHA256.HashData(letter)),
});
var docId = sent.GetProperty("DocId").GetString()!;
Console.WriteLine($"đã gửi · sent {docId}");

for (var looks = 0; ; looks++)
{
    var list = await Ask("RECEIVER", "getReceivedEdocList", new() { ["servicetype"] = "eDoc", ["messagetype"] = "edoc" });
    if (list.GetProperty("data").EnumerateArray().Any(line => line.GetProperty("docId").GetString() == docId)) break;
    if (looks == 30) throw new TimeoutException("chưa đến · it has not come");
    await Task.Delay(1000);
}
var got = await Ask("RECEIVER", "getEdoc", new() { ["docId"] = docId });
await File.WriteAllBytesAsync("received.edxml", Convert.FromBase64String(got.GetProperty("data").GetString()!));
await Ask("RECEIVER", "updateStatus", new() { ["docId"] = docId, ["status"] = "done" });
Console.WriteLine("đã nhận · received");

Task<JsonElement> Ask(string who, string function, Dictionary<string, string> parameters) =>
    Call(who, function, Json, Encoding.UTF8.GetBytes("{}"), parameters);

// một lần gọi, đã ký · one call, signed
async Task<JsonElement> Call(
    string who, string function, string type, byte[] body, Dictionary<string, string> parameters)
{
    var now = DateTimeOffset.UtcNow.ToOffset(TimeSpan.FromHours(7));
    var said = new Dictionary<string, string>(parameters)
    {
        ["systemid"] = Env(who + "_SYSTEM_ID"),
        ["timestamp"] = now.ToString("ddMMyyyy'T'HHmmss'+0'fff", CultureInfo.InvariantCulture), // fff: mili giây · milliseconds
        ["Content-Type"] = type,
    };
    var named = said.ToDictionary(pair => "XroadVnpt-" + pair.Key, pair => pair.Value);
    var text = JsonSerializer.Serialize(
        named, new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    using var mac = new HMACSHA256(Encoding.UTF8.GetBytes(Env(who + "_SECRET")));

    var request = new HttpRequestMessage(HttpMethod.Post, $"{Env(who + "_VXP_URL")}/{function}")
    {
        Content = new ByteArrayContent(body),
    };
    request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
    foreach (var (name, value) in named) request.Headers.TryAddWithoutValidation(name, value);
    request.Headers.TryAddWithoutValidation("XroadVnpt-sign-header-key", string.Join(';', said.Keys));
    request.Headers.TryAddWithoutValidation("XroadVnpt-sign-header", text);
    var proof = Hex(mac.ComputeHash(Encoding.UTF8.GetBytes(text)));
    request.Headers.TryAddWithoutValidation("XroadVnpt-hash-header", proof);
    request.Headers.TryAddWithoutValidation("XroadVnpt-version", "3.0.201608");
    using var response = await http.SendAsync(request);
    var answer = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
    if (answer.GetProperty("status").GetString() != "OK") throw new IOException($"{function}: {answer}");
    return answer;
}

static string Env(string name) => Environment.GetEnvironmentVariable(name)!;

static string Hex(byte[] bytes) => Convert.ToHexString(bytes).ToLowerInvariant();
