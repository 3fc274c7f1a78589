// Kiểm tra chữ ký của webhook · check the signature of a webhook (Standard Webhooks); .NET 6 trở lên · or later.
using System.Security.Cryptography;
using System.Text;

public static class WebhookSignature
{
    // giây · seconds: một thông báo bị ghi lại không dùng lại được · a recorded notice is of no use
    private const long Tolerance = 300;

    /// <summary>body: đúng các byte đã nhận, chưa phân tích · exactly the bytes that came, before any parsing.</summary>
    public static bool IsGenuine(string secret, string id, string timestamp, string signatures, byte[] body)
    {
        if (!long.TryParse(timestamp, out var at)) return false;
        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - at) > Tolerance) return false;
        var key = Convert.FromBase64String(secret.StartsWith("whsec_") ? secret[6..] : secret);
        var head = Encoding.UTF8.GetBytes($"{id}.{timestamp}.");
        using var mac = new HMACSHA256(key);
        var right = Encoding.UTF8.GetBytes("v1," + Convert.ToBase64String(mac.ComputeHash(head.Concat(body).ToArray())));
        return signatures.Split(' ')
            .Any(said => CryptographicOperations.FixedTimeEquals(right, Encoding.UTF8.GetBytes(said)));
    }
}
