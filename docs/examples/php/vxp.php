<?php
// VXP không cần SDK, bằng PHP 8 · VXP without the SDK, with PHP 8.
// . ./demo.env && php docs/examples/php/vxp.php letter.edxml
declare(strict_types=1);

/** Các header đã ký của một lần gọi · the signed headers of one call. */
function signed(array $system, array $parameters, string $contentType): array
{
    $now = new DateTimeImmutable('now', new DateTimeZone('Asia/Ho_Chi_Minh'));
    $said = $parameters + [
        'systemid' => $system['id'],
        'timestamp' => $now->format('dmY\THis') . '+0' . $now->format('v'), // mili giây · milliseconds
        'Content-Type' => $contentType,
    ];
    $named = array_combine(array_map(fn ($name) => "XroadVnpt-$name", array_keys($said)), $said);
    $text = json_encode($named, JSON_UNESCAPED_SLASHES);
    $all = $named + [
        'Content-Type' => $contentType,
        'XroadVnpt-sign-header-key' => implode(';', array_keys($said)),
        'XroadVnpt-sign-header' => $text,
        'XroadVnpt-hash-header' => hash_hmac('sha256', $text, $system['secret']),
        'XroadVnpt-version' => '3.0.201608',
    ];
    return array_map(fn ($name, $value) => "$name: $value", array_keys($all), $all);
}

function call(
    array $system,
    string $function,
    array $parameters,
    string $body = '{}',
    string $contentType = 'application/json',
): array {
    $text = file_get_contents("{$system['url']}/$function", false, stream_context_create(['http' => [
        'method' => 'POST',
        'header' => signed($system, $parameters, $contentType),
        'content' => $body,
        'ignore_errors' => true,
        'timeout' => 70,
    ]]));
    $answer = json_decode((string) $text, true) ?? [];
    if (($answer['status'] ?? '') !== 'OK') {
        throw new RuntimeException("$function: " . ($answer['ErrorCode'] ?? '—') . ' ' . ($answer['ErrorDesc'] ?? ''));
    }
    return $answer;
}

$sender = ['url' => getenv('SENDER_VXP_URL'), 'id' => getenv('SENDER_SYSTEM_ID'), 'secret' => getenv('SENDER_SECRET')];
$receiver = ['url' => getenv('RECEIVER_VXP_URL'), 'id' => getenv('RECEIVER_SYSTEM_ID'), 'secret' => getenv('RECEIVER_SECRET')];
$letter = file_get_contents($argv[1]);
$docId = call($sender, 'sendEdoc', [
    'from' => getenv('SENDER_CODE'),
    'servicetype' => 'eDoc',
    'messagetype' => 'edoc',
    'hash-file' => hash('sha256', $letter),
], $letter, 'application/octet-stream')['DocId'];
echo "đã gửi · sent $docId\n";

for ($looks = 0; ; $looks++) {
    $lines = call($receiver, 'getReceivedEdocList', ['servicetype' => 'eDoc', 'messagetype' => 'edoc'])['data'];
    if (in_array($docId, array_column($lines, 'docId'), true)) {
        break;
    }
    if ($looks === 30) {
        throw new RuntimeException('chưa đến · it has not come');
    }
    sleep(1);
}
file_put_contents('received.edxml', base64_decode(call($receiver, 'getEdoc', ['docId' => $docId])['data']));
call($receiver, 'updateStatus', ['docId' => $docId, 'status' => 'done']);
echo "đã nhận · received\n";
