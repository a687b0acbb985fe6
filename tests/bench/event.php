<?php
/*
 * event.php: an event and its points, as the owner of a site would write it
 *
 * POST {"user": 42, "eventType": "review"} does what bare_loop.c does, in the
 * same tables: lock the user, insert the event, insert the ledger row, update
 * the balance, commit.
 */
declare(strict_types=1);

const POINTS = 10;

function answer(int $status, array $document): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode($document), "\n";
    exit;
}

function event_sent(): array
{
    $event = json_decode(file_get_contents('php://input'), true);
    if (!is_int($event['user'] ?? null)
        || !is_string($event['eventType'] ?? null)) {
        answer(422, ['error' => 'user and eventType are needed']);
    }
    return $event;
}

function store(mysqli $db, int $user, string $type): int
{
    $db->begin_transaction();
    $locked = $db->execute_query(
        'SELECT id FROM user WHERE id = ? FOR UPDATE', [$user]);
    if ($locked->fetch_row() === null) {
        $db->rollback();
        answer(404, ['error' => 'no such user']);
    }
    $db->execute_query(
        'INSERT INTO event (user, type, received_at)'
        . ' VALUES (?, ?, UNIX_TIMESTAMP(NOW(6)) * 1000000)', [$user, $type]);
    $event = $db->insert_id;
    $db->execute_query(
        'INSERT INTO ledger (user, event, points) VALUES (?, ?, ?)',
        [$user, $event, POINTS]);
    $db->execute_query(
        'UPDATE balance SET points = points + ? WHERE user = ?',
        [POINTS, $user]);
    $db->commit();
    return $event;
}

mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
$event = event_sent();
$db = new mysqli('p:localhost', 'site', '', 'bare_loop');
$id = store($db, $event['user'], $event['eventType']);
answer(201, ['id' => $id, 'user' => $event['user'],
    'eventType' => $event['eventType'], 'points' => POINTS]);
