<?php
// Kiểm tra chữ ký của webhook · check the signature of a webhook (Standard Webhooks).
// WEBHOOK_SECRET=whsec_… php webhook.php WEBHOOK_ID WEBHOOK_TIMESTAMP WEBHOOK_SIGNATURE < body.json
declare(strict_types=1);

const TOLERANCE = 300; // giây · seconds: một thông báo bị ghi lại không dùng lại được · a recorded one is of no use

/** $body: đúng các byte đã nhận (php://input) · exactly the bytes that came. */
function is_genuine(string $secret, string $id, string $timestamp, string $signatures, string $body): bool
{
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    $right = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $signatures) as $signature) {
        if (hash_equals($right, $signature)) {
            return true;
        }
    }
    return false;
}

$genuine = is_genuine(getenv('WEBHOOK_SECRET'), $argv[1], $argv[2], $argv[3], stream_get_contents(STDIN));
echo $genuine ? "thật · genuine\n" : "giả · forged\n";
exit($genuine ? 0 : 1);
