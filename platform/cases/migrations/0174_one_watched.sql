-- A case with several clocks counted as often on a board, and two due at one instant could fall between two pages. Now
-- one stands for the case: the promised limit, else the statutory one, else what ends first.
UPDATE clocks SET watched = 0
 WHERE watched = 1
   AND EXISTS (SELECT 1 FROM clocks o
                WHERE o.case_id = clocks.case_id AND o.watched = 1
                  AND (CASE o.kind WHEN 'promised' THEN 0 WHEN 'statutory' THEN 1 ELSE 2 END, o.due_at, o.clock_id)
                    < (CASE clocks.kind WHEN 'promised' THEN 0 WHEN 'statutory' THEN 1 ELSE 2 END,
                       clocks.due_at, clocks.clock_id));
