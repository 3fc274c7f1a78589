<?php
// /v1 bằng PHP 8, không cần phần mở rộng nào · /v1 with PHP 8, without any extension.
// . ./demo.env && php docs/examples/php/truc.php letter.edxml
declare(strict_types=1);

/** Một lần gọi; lỗi mang mã, lý do và việc cần làm · one call; an error tells code, reason and what to do. */
function call(string $method, string $url, string $key, string $body = '', array $headers = []): array
{
    $stream = fopen($url, 'rb', false, stream_context_create(['http' => [
        'method' => $method,
        'header' => ["Authorization: Bearer $key", ...$headers],
        'content' => $body,
        'ignore_errors' => true, // câu trả lời 4xx cũng phải đọc · answers 4xx are read too
        'timeout' => 70,
    ]]));
    if ($stream === false) {
        throw new RuntimeException("không kết nối được · cannot connect: $url");
    }
    $head = stream_get_meta_data($stream)['wrapper_data'];
    $answer = stream_get_contents($stream);
    fclose($stream);
    $status = (int) explode(' ', $head[0])[1];
    if ($status >= 400) {
        $findings = json_decode($answer, true)['findings'] ?? [];
        $told = array_map(fn ($f) => "{$f['code']} {$f['vi']} → {$f['next']['vi']}", $findings);
        throw new RuntimeException("HTTP $status " . implode("\n", $told));
    }
    return [$answer, implode("\n", $head)];
}

function arrived(string $url, string $key, string $kind, callable $isWanted): array
{
    for ($after = 0, $looks = 0; $looks < 10; $looks++) {
        [$page] = call('GET', "$url/v1/mailbox?kind=$kind&after=$after&wait=30", $key);
        foreach (json_decode($page, true)['items'] as $item) {
            if ($isWanted($item)) {
                return $item;
            }
            $after = $item['number'];
        }
    }
    throw new RuntimeException('chưa đến · it has not come');
}

[$from, $fromKey, $to, $toKey] = array_map('getenv', ['SENDER_URL', 'SENDER_KEY', 'RECEIVER_URL', 'RECEIVER_KEY']);
[$answer] = call('POST', "$from/v1/letters", $fromKey, file_get_contents($argv[1]), [
    'Content-Type: application/xml',
    'Idempotency-Key: ' . bin2hex(random_bytes(16)), // gửi lại thì dùng lại đúng khóa này · a repeat bears the same
]);
$id = json_decode($answer, true)['letter_id'];
echo "đã gửi · sent $id\n";

arrived($to, $toKey, 'document', fn ($item) => $item['letter_id'] === $id);
[$received, $head] = call('GET', "$to/v1/mailbox/$id", $toKey);
if (!str_contains($head, '"' . hash('sha256', $received) . '"')) { // ETag
    throw new RuntimeException('hỏng trên đường · damaged on the way');
}
file_put_contents('received.edxml', $received); // lưu chắc chắn rồi mới xác nhận · stored before it is acknowledged
call('POST', "$to/v1/mailbox/$id/ack", $toKey);
echo 'đã nhận · received ', strlen($received), " byte\n";

$status = json_encode(['code' => '03', 'description' => 'Đã vào sổ', 'staff' => 'Nguyễn Thị Hoa']);
call('POST', "$to/v1/letters/$id/statuses", $toKey, $status, ['Content-Type: application/json']);
$told = arrived($from, $fromKey, 'status', fn ($item) => $item['status_code'] === '03');
call('GET', "$from/v1/mailbox/{$told['letter_id']}", $fromKey);
call('POST', "$from/v1/mailbox/{$told['letter_id']}/ack", $fromKey);
[$track] = call('GET', "$from/v1/letters/$id", $fromKey);
foreach (json_decode($track, true)['recipients'] as $recipient) {
    echo $recipient['code'], ' ', $recipient['stage']['vi'], ' ', $recipient['status']['code'] ?? '', "\n";
}
