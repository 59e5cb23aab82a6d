-- A case with several clocks counted as often on a board, and two due at one instant could fall between two pages. Now
-- the first to end stands for the case.
UPDATE clocks SET watched = 0
 WHERE watched = 1
   AND EXISTS (SELECT 1 FROM clocks o
                WHERE o.case_id = clocks.case_id AND o.watched = 1
                  AND (o.due_at, o.clock_id) < (clocks.due_at, clocks.clock_id));
